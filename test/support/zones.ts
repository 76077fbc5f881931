/** Zones in which calendars go wrong. */
export const ZONES = [
  'Africa/Casablanca', // leaves its standard time for the month of Ramadan
  'Africa/Cairo', // changes at midnight, stopped and began again
  'America/New_York',
  'America/Santiago', // changes at midnight
  'America/St_Johns', // half an hour off, until 2011 a minute past midnight
  'Antarctica/Troll', // two hours of summer time
  'Asia/Kathmandu', // three quarters of an hour off
  'Asia/Pyongyang', // left its offset and came back
  'Australia/Lord_Howe', // half an hour of summer time
  'Europe/Berlin',
  'Europe/Dublin', // its summer is standard time
  'Pacific/Apia', // skipped 30 December 2011
  'Pacific/Chatham', // three quarters of an hour off, with summer time
] as const;
