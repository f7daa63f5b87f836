import { pick, randomOf } from './random.js';

const WORDS =
  `a an and at before behind between but by during for from her his in into its of on or that the their through
to until when while who with young old retired brilliant haunted quiet reckless small-town exiled detective "doctor" soldier
teacher pianist farmer thief widow captain journalist brother sister stranger village city river border winter summer war trial
journey secret promise betrayal, murder, friendship, revenge, memory, debt, letter, storm, inheritance. discovers loses follows
saves remembers must learns returns refuses forgives hides "truth" past future family café fiancée naïve São Kraków Zürich
señor déjà-vu Kyōto 東京 Москва`.split(/\s+/);
const LENGTH = 1_000_000;

/** Plots in made-up prose, with commas, quotes and letters beyond ASCII: pieces of one long text that follows from a seed. */
export function plotsOf(seed: number): (characters: number, random: () => number) => string {
  const random = randomOf(seed);
  const words: string[] = [];
  const starts: number[] = [];
  for (let length = 0; length < LENGTH; ) {
    const word = pick(WORDS, random);
    starts.push(length);
    words.push(word);
    length += word.length + 1;
  }
  const text = words.join(' ');
  return (characters, draw) => {
    const start = pick(starts, draw);
    const end = text.indexOf(' ', start + characters);
    return end < 0 ? text.slice(starts[0], characters).trim() : text.slice(start, end);
  };
}
