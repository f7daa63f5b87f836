/**
 * Lets characters beyond U+FFFF pass, as SQS does
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html): fauxqs looks at their
 * two halves one by one and refuses both.
 */
export async function allowAllCharacters(): Promise<void> {
  const { INVALID_MESSAGE_BODY_CHAR: refused } = (await import(
    new URL('sqs/sqsTypes.js', import.meta.resolve('fauxqs')).href
  )) as { INVALID_MESSAGE_BODY_CHAR: RegExp };
  const allowed = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
  refused.test = (text) => !allowed.test(text);
}
