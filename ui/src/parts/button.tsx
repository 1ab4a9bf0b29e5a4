/** Buttons: React Aria's, in our few looks. */
import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaProps } from "react-aria-components";
import { Kbd } from "./kbd";

type Look = "solid" | "good" | "bad" | "quiet" | "bare";
type Size = "small" | "normal";

const LOOKS: Record<Look, string> = {
  solid: "bg-solid text-on-solid data-hovered:bg-solid-hover",
  good: "bg-good-fill text-on-good data-hovered:bg-good-hover",
  bad: "border border-line bg-surface text-bad data-hovered:border-bad/50 data-hovered:bg-bad-tint",
  quiet: "border border-line bg-surface text-ink data-hovered:bg-raised",
  bare: "text-muted data-hovered:bg-raised data-hovered:text-ink",
};
const SIZES: Record<Size, string> = {
  small: "h-[1.375rem] gap-1.5 rounded-md px-2 text-xs font-medium",
  normal: "h-[1.875rem] gap-2 rounded-lg px-3 text-sm font-medium",
};

export interface ButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  look?: Look;
  size?: Size;
  /** The key that does the same. */
  hotkey?: string;
  className?: string;
  children?: ReactNode;
}

export function Button({ look = "quiet", size = "normal", hotkey, className = "", children, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      {...(hotkey === undefined ? {} : { "aria-keyshortcuts": hotkey })}
      className={`inline-flex shrink-0 items-center justify-center whitespace-nowrap transition-colors duration-100 select-none data-disabled:opacity-45 data-pending:opacity-60 ${LOOKS[look]} ${SIZES[size]} ${className}`}
    >
      {children}
      {hotkey === undefined ? null : <Kbd>{hotkey.toUpperCase()}</Kbd>}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<AriaProps, "className" | "children" | "style"> {
  label: string;
  className?: string;
  children: ReactNode;
}

export function IconButton({ label, className = "", children, ...rest }: IconButtonProps) {
  return (
    <AriaButton
      {...rest}
      aria-label={label}
      className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted transition-colors duration-100 data-disabled:opacity-40 data-hovered:bg-raised data-hovered:text-ink ${className}`}
    >
      {children}
    </AriaButton>
  );
}
