// What the pages and their tests are held to. Paths count from the repository's root, where `npm run lint` goes.

import js from "@eslint/js";
import globals from "globals";

const WORLD = [
  ["innerHTML", "text from data only ever becomes text: use h() of dom.js"],
  ["outerHTML", "text from data only ever becomes text: use h() of dom.js"],
  ["insertAdjacentHTML", "text from data only ever becomes text: use h() of dom.js"],
];

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "default-case-last": "error",
      eqeqeq: "error",
      "max-lines": ["error", { max: 200 }],
      "no-constructor-return": "error",
      "no-duplicate-imports": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-promise-executor-return": "error",
      "no-restricted-properties": ["error", ...WORLD.map(([property, message]) => ({ property, message }))],
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-template-curly-in-string": "error",
      "no-throw-literal": "error",
      "no-unmodified-loop-condition": "error",
      "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
  { files: ["src/*/page/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/javascript/**/*.js"], languageOptions: { globals: globals.node } },
];
