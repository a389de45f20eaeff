// Colours that programs write into their logs. All other escape sequences are left out.

const ESCAPES = /\x1b\[([0-9;]*)m|\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/**
 * The text in parts, each with the class of its colour or "".
 * @returns {{text: string, colour: string}[]}
 */
export function coloured(/** @type {string} */ text) {
  if (!text.includes("\x1b")) return [{ text, colour: "" }];
  const parts = [];
  let [from, colour] = [0, ""];
  for (const match of text.matchAll(ESCAPES)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index), colour });
    from = match.index + match[0].length;
    if (match[1] !== undefined) colour = next(colour, match[1]);
  }
  if (from < text.length) parts.push({ text: text.slice(from), colour });
  return parts;
}

function next(/** @type {string} */ colour, /** @type {string} */ codes) {
  for (const code of codes.split(";").map(Number)) {
    if (code === 0 || code === 39) colour = "";
    else if (code >= 30 && code <= 37) colour = NAMES[code - 30];
    else if (code >= 90 && code <= 97) colour = NAMES[code - 90];
  }
  return colour;
}
