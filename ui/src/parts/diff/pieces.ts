/** Coloured text, between the highlighter and who draws it. */
export interface Piece {
  text: string;
  /** Class of highlight.js, or empty. */
  style: string;
}

export interface Highlighter {
  /** Lines of coloured pieces. */
  lines: (code: string, language: string) => Piece[][];
}
