import { type CollectionTag, Pair, parseDocument, type ScalarTag, YAMLMap } from 'yaml';

/** The short forms of the functions that templates here may use. Any other tag is an error. */
const FUNCTIONS = ['And', 'Equals', 'GetAtt', 'If', 'Join', 'Not', 'Or', 'Sub'];
/** These two have no `Fn::` in their long form. */
const BARE = ['Ref', 'Condition'];

/**
 * The short forms of CloudFormation, read as their long forms: `!Sub text` is `{Fn::Sub: text}`, and
 * `!GetAtt Queue.Arn` is `{Fn::GetAtt: [Queue, Arn]}`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
const tags = [...FUNCTIONS, ...BARE].flatMap((name): (ScalarTag | CollectionTag)[] => {
  const tag = `!${name}`;
  const longForm = BARE.includes(name) ? name : `Fn::${name}`;
  const wrapped = (argument: unknown) => {
    const map = new YAMLMap();
    map.add(new Pair(longForm, argument));
    return map;
  };
  return [
    { tag, resolve: (text) => ({ [longForm]: name === 'GetAtt' ? attributePath(text) : text }) },
    { tag, collection: 'seq', resolve: (list) => wrapped(list) },
    { tag, collection: 'map', resolve: (map) => wrapped(map) },
  ];
});

function attributePath(text: string): [string, string] {
  const dot = text.indexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
}

/** @throws Error that says where the text is not YAML, or has a tag that is not known */
export function parseTemplate(text: string, label: string): unknown {
  const document = parseDocument(text, { customTags: tags, prettyErrors: true });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new Error(`${label}: ${fault.message}`);
  return document.toJS();
}
