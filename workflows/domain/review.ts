/** A disputed charge that jurors judge. */
export interface ReviewRequest {
  dispute: string;
  subscription?: string;
  jurors: string[];
}
