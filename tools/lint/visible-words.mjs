/**
 * ESLint rule: what a person reads or hears stands in the message files, never in a component. Looks at the text between tags, at
 * the expressions that become text, and at the attributes that are read out or shown.
 */

/** Attributes, and properties of our own components, whose value is shown or read out. */
const spokenAttributes = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-placeholder',
  'aria-roledescription',
  'aria-valuetext',
  'description',
  'help',
  'hint',
  'label',
  'meaning',
  'placeholder',
  'title',
]);

/** What is written alike in every language: the name, symbols of units, keys. */
const sameEverywhere = /^(AIPROD|Studio|px|LUFS|dBTP|GB|Hz|kHz|fps|Ctrl|Esc|LTX-Video|Lightricks\/LTX-Video|[A-Z])$/;

const hasWords = (text) =>
  text
    .trim()
    .split(/\s+/)
    .some((word) => /\p{L}/u.test(word) && !sameEverywhere.test(word.replace(/[.,:;]$/, '')));

/** The literal texts that an expression may become. */
function* textsOf(node) {
  switch (node?.type) {
    case 'Literal':
      if (typeof node.value === 'string') yield { node, text: node.value };
      return;
    case 'TemplateLiteral':
      for (const quasi of node.quasis) yield { node: quasi, text: quasi.value.cooked ?? '' };
      for (const expression of node.expressions) yield* textsOf(expression);
      return;
    case 'ConditionalExpression':
      yield* textsOf(node.consequent);
      yield* textsOf(node.alternate);
      return;
    case 'LogicalExpression':
    case 'BinaryExpression':
      if (node.operator === '+' || node.type === 'LogicalExpression') {
        yield* textsOf(node.left);
        yield* textsOf(node.right);
      }
      return;
    case 'ArrayExpression':
      for (const element of node.elements) yield* textsOf(element);
      return;
    case 'JSXExpressionContainer':
    case 'TSAsExpression':
    case 'SpreadElement':
      yield* textsOf(node.expression ?? node.argument);
  }
}

/** @type {import('eslint').Rule.RuleModule} */
export const visibleWordsRule = {
  meta: { type: 'problem', schema: [], docs: { description: 'visible words stand in message files' } },
  create(context) {
    const report = (node, text) =>
      context.report({
        node,
        message: `"${text.trim().slice(0, 40)}" is seen or read out: put it into src/studio/i18n/messages/en and read it by useTranslations`,
      });
    const check = (value) => {
      for (const { node, text } of textsOf(value)) if (hasWords(text)) report(node, text);
    };
    return {
      JSXText(node) {
        if (hasWords(node.value)) report(node, node.value);
      },
      JSXExpressionContainer(node) {
        if (node.parent.type === 'JSXElement' || node.parent.type === 'JSXFragment') check(node);
      },
      JSXAttribute(node) {
        if (node.name.type === 'JSXIdentifier' && spokenAttributes.has(node.name.name)) check(node.value);
      },
    };
  },
};
