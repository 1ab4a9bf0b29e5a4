/** Two holders and what passes between them. */
export function Logo({ isLarge = false }: { isLarge?: boolean }) {
  return (
    <svg aria-hidden viewBox="0 0 20 20" className={`shrink-0 ${isLarge ? "size-9" : "size-5"}`}>
      <path d="M4 13.6 16 6.4" strokeWidth="3.6" strokeLinecap="round" className="stroke-accent-fill" />
      <circle cx="4" cy="13.8" r="2.6" className="fill-good-fill" />
      <circle cx="16" cy="6.2" r="2.6" className="fill-warn-fill" />
    </svg>
  );
}
