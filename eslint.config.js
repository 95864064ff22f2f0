import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { layersRule } from './tools/lint/layers.mjs';
import { visibleWordsRule } from './tools/lint/visible-words.mjs';

const aiprod = { rules: { layers: layersRule, 'visible-words': visibleWordsRule } };

export default tseslint.config(
  {
    ignores: ['node_modules', 'dist', '.cache', 'coverage', 'test-results', 'playwright-report', 'public', 'fixtures'],
  },
  // A finding is repaired, not switched off where it stands.
  { linterOptions: { noInlineConfig: true } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strict, tseslint.configs.recommendedTypeCheckedOnly],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { aiprod },
    rules: {
      'aiprod/layers': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Interfaces here are plain objects of closures, and an interface that promises may be met without waiting.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 450 }],
      'no-console': ['error', { allow: ['info', 'warn', 'error'] }],
    },
  },
  {
    files: ['**/*.test.{ts,tsx}'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-unsafe-type-assertion': 'off', '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    files: ['src/studio/**/*.{ts,tsx}', 'src/embed/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended, jsxA11y.flatConfigs.recommended],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'react',
              importNames: ['use', 'useActionState', 'useEffectEvent', 'useOptimistic', 'Activity', 'ViewTransition'],
              message: 'The component also runs on React 18.2, which lacks this: for a context, useContext and Context.Provider.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/studio/**/*.tsx', 'src/embed/**/*.tsx'],
    ignores: ['src/studio/components/History.tsx'],
    rules: { 'aiprod/visible-words': 'error' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
