import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { createTransport } from 'nodemailer';

import type { EmailConfig } from '../config.ts';

/** One message on its way out. */
export interface Message {
  from: string;
  to: { name: string; address: string };
  subject: string;
  html: string;
  text: string;
  headers: Record<string, string>;
  messageId: string;
  /** Of SES's, which repeats the tags in every event about the message: letters, digits, `_` and `-` only. */
  configurationSet?: string | undefined;
  tags?: Record<string, string>;
  /** Takes a one-click POST. */
  unsubscribeUrl?: string | undefined;
}

/** Sends a message and answers with the id that the service gave it. */
export interface Transport {
  send(message: Message): Promise<string>;
  close(): void;
}

/** Shorter than the activity's, so that a try has ended before the next one begins. */
const ANSWER_MS = 8000;
const TOTAL_MS = 12_000;
const TIMEOUTS = { connectionTimeout: 3000, greetingTimeout: 3000, socketTimeout: ANSWER_MS };
const SES_OPTIONS = {
  // Its own retries would hide an answer that was lost.
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: ANSWER_MS,
    throwOnRequestTimeout: true,
  },
};

/** SMTP or SES, by configuration; the bytes of a message are the same either way. */
export function createMailTransport({ smtpUrl }: Pick<EmailConfig, 'smtpUrl'>): Transport {
  const transport =
    smtpUrl === undefined
      ? createTransport({ SES: { sesClient: new SESv2Client(SES_OPTIONS), SendEmailCommand } })
      : createTransport({ ...smtpAddress(smtpUrl), pool: true, maxConnections: 4, ...TIMEOUTS });
  return {
    async send(message) {
      const sent: Promise<{ messageId: string }> = transport.sendMail(mailOf(message));
      return (await inTime(sent)).messageId;
    },
    close: () => transport.close(),
  };
}

/** As nodemailer wants it. */
const mailOf = ({ configurationSet, tags = {}, unsubscribeUrl: url, ...mail }: Message) => ({
  ...mail,
  // RFC 8058: both headers, and of addresses the one only.
  ...(url !== undefined && {
    list: { unsubscribe: { url } },
    headers: { ...mail.headers, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  }),
  ses: {
    ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
    EmailTags: Object.entries(tags).map(([Name, Value]) => ({ Name, Value })),
  },
});

/** A server that says something now and then is never idle, so there is a limit to all of it as well. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new Error(`no answer within ${TOTAL_MS / 1000} s`);
  const timer = setTimeout(() => reject(late), TOTAL_MS);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function smtpAddress(url: string) {
  const { hostname: host, port, protocol, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host,
    secure,
    port: port ? Number(port) : secure ? 465 : 587,
    ...(username && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
  };
}

interface Failure {
  name?: string;
  code?: string;
  responseCode?: number;
  syscall?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Whether the message has certainly not gone out: no connection was made, or the service said no. */
export function wasRefused(error: unknown): boolean {
  const { code, responseCode, syscall, $metadata } = error as Failure;
  const status = responseCode ?? $metadata?.httpStatusCode ?? 0;
  const isAnswer = status >= 400 && !($metadata && status >= 500);
  return isAnswer || syscall === 'connect' || code === 'EDNS' || code === 'EAUTH';
}

/** Whether trying again is pointless, because this message or its address is refused for good. */
export function isPermanent(error: unknown): boolean {
  const { name, code, responseCode = 0 } = error as Failure;
  const isOfMessage = code === 'EENVELOPE' || code === 'EMESSAGE';
  return (
    name === 'MessageRejected' ||
    name === 'BadRequestException' ||
    (isOfMessage && responseCode >= 500)
  );
}
