/** Copying to the clipboard, with a word that it was done. */
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { tell } from "../backend/tell";
import { text } from "../text";
import { IconButton } from "./button";

const SHOWN_MS = 1_500;

export async function copyText(value: string, said: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    tell({ what: said, more: [], good: true });
    return true;
  } catch {
    tell({ what: text.copyFailed, more: [text.copyFailedCure], good: false });
    return false;
  }
}

interface CopyButtonProps {
  label: string;
  value: string;
  className?: string;
}

export function CopyButton({ label, value, className = "" }: CopyButtonProps) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = window.setTimeout(() => setDone(false), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [done]);
  return (
    <IconButton label={label} className={className} onPress={() => void copyText(value, text.copied).then(setDone)}>
      {done ? <Check aria-hidden size={13} className="text-good" /> : <Copy aria-hidden size={13} />}
    </IconButton>
  );
}
