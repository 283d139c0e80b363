import { formatTime, jsonOf } from '@countersign/program';
import { blocksOf, headlineOf, linesOf, type Notice } from './notice.ts';

/** Returns the body of a webhook: exact values for a program, nothing in it is markup. docs/notifications.md#webhooks */
export function webhookBody(notice: Notice): string {
  const {
    event,
    code,
    at,
    details,
    requestId,
    target,
    submitter,
    kinds,
    rows: rowCount,
    ran,
    words,
    reviewBy,
    runBy,
    decision,
  } = notice;
  const { rows, ...texts } = details;
  const data = {
    event,
    code,
    requestId,
    target,
    submitter,
    breakGlass: notice.emergency ? true : undefined,
    kinds,
    rows: rowCount,
    ran,
    words,
    reviewBy: reviewBy === undefined ? undefined : formatTime(reviewBy),
    runBy: runBy === undefined ? undefined : formatTime(runBy),
    decision,
    ...texts,
    changes: rows?.list,
  };
  return JSON.stringify(jsonOf({ type: `request.${event}`, timestamp: formatTime(at), data }));
}

/**
 * Returns a message for a Slack webhook. Its texts are elements of rich text, which Slack shows as they are: markup, links and
 * mentions exist there only as elements of their own, and there are none.
 */
export function slackBody(notice: Notice): string {
  const text = (value: string, style?: object): object => ({ type: 'text', text: value, ...(style ?? {}) });
  const lines = linesOf(notice).map(([label, value]) => `${label}: ${value}\n`);
  const section = {
    type: 'rich_text_section',
    elements: [
      text(`${headlineOf(notice)}\n`, { style: { bold: true } }),
      ...lines.map((line) => text(line)),
    ],
  };
  const blocks = blocksOf(notice).map(([label, value]) => ({
    type: 'rich_text_preformatted',
    elements: [text(`${label}\n${value}`)],
  }));
  return JSON.stringify({
    text: headlineOf(notice),
    mrkdwn: false,
    link_names: false,
    parse: 'none',
    unfurl_links: false,
    unfurl_media: false,
    blocks: [{ type: 'rich_text', elements: [section, ...blocks] }],
  });
}

/** Returns a message for a Teams webhook: a card of text runs, in which Teams reads no Markdown. */
export function teamsBody(notice: Notice): string {
  const run = (text: string, more: object = {}): object => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...more }],
  });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      run(headlineOf(notice), { weight: 'bolder' }),
      ...linesOf(notice).map(([label, value]) => run(`${label}: ${value}`)),
      ...blocksOf(notice).map(([label, value]) => run(`${label}\n${value}`, { fontType: 'monospace' })),
    ],
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return JSON.stringify({ type: 'message', attachments: [attachment] });
}

/** A mail of plain text; the subject holds names of closed shape alone. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** Returns a message as a mail. */
export function mailText(notice: Notice): MailText {
  const lines = linesOf(notice).map(([label, value]) => `${`${label}:`.padEnd(11)} ${value}`);
  const blocks = blocksOf(notice).map(([label, text]) => `\n${label}\n${text}`);
  const foot = '\nNothing can be approved by answering this mail.';
  return { subject: headlineOf(notice), text: `${[...lines, ...blocks, foot].join('\n')}\n` };
}
