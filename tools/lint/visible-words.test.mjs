import { RuleTester } from 'eslint';
import { describe, it } from 'vitest';
import { visibleWordsRule } from './visible-words.mjs';

RuleTester.describe = describe;
RuleTester.it = it;
const tester = new RuleTester({ languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } } });
const errors = 1;

tester.run('visible-words', visibleWordsRule, {
  valid: [
    '<p>{t("key")}</p>',
    '<p className="wide" data-kind="primary" role="status">{width} × {height}</p>',
    '<h1>AIPROD</h1>',
    '<Icon name={open ? "pause" : "play"} />',
    '<p aria-label={t(open ? "pause" : "play")} key="a key" />',
    '<span>{count > 1 ? `${count} / ${total}` : "–"} px</span>',
  ],
  invalid: [
    { code: '<p>Generate</p>', errors },
    { code: '<p>{open ? "Pause" : t("play")}</p>', errors },
    { code: '<p>{`${count} frames`}</p>', errors },
    { code: '<input aria-label="Seed" />', errors },
    { code: '<IconButton label={muted ? "Sound on" : `Mute (${key})`} />', errors: 2 },
    { code: '<p title={name ?? "no name"} />', errors },
    { code: '<p>{"Frame " + frame}</p>', errors },
  ],
});
