/** What sentences with numbers and lists are made with. */
export const many = (count: number, one: string, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
export const list = (words: readonly string[]) => words.join(", ");
export const ORDINALS = ["", "1st", "2nd", "3rd"];
