/** A key, as on a keyboard. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd aria-hidden className="inline-flex h-4.5 min-w-4.5 shrink-0 items-center justify-center rounded border border-current/30 px-1 font-mono text-[0.625rem] leading-none font-medium whitespace-nowrap">
      {children}
    </kbd>
  );
}

const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `⌘K` or `Ctrl K`. */
export function withCommandKey(key: string): string {
  return isApple ? `⌘${key}` : `Ctrl ${key}`;
}
