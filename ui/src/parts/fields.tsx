/** Labelled inputs. */
import type { Ref } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";

interface FieldProps extends Omit<TextFieldProps, "className" | "children" | "style"> {
  label: string;
  hint?: string;
  error?: string | null;
  placeholder?: string;
  lines?: number;
  mono?: boolean;
  testId?: string;
  inputRef?: Ref<HTMLInputElement>;
}

export const INPUT = "w-full rounded-lg border border-line bg-code px-2.5 text-sm text-ink transition-colors duration-100 data-focused:border-accent-fill data-focused:outline-none data-invalid:border-bad-fill";

export function Field({ label, hint, error, placeholder, lines, mono = false, testId, inputRef, ...rest }: FieldProps) {
  const shared = { placeholder: placeholder ?? "", ...(testId ? { "data-testid": testId } : {}) };
  const font = mono ? "font-mono text-xs" : "";
  return (
    <TextField {...rest} isInvalid={error != null} className="flex flex-col gap-1">
      <Label className="text-xs font-medium text-muted">{label}</Label>
      {lines === undefined ? (
        <Input {...shared} {...(inputRef ? { ref: inputRef } : {})} className={`${INPUT} h-8 ${font}`} />
      ) : (
        <TextArea {...shared} rows={lines} className={`${INPUT} resize-y py-1.5 ${font}`} />
      )}
      {hint === undefined ? null : (
        <Text slot="description" className="text-2xs text-faint">
          {hint}
        </Text>
      )}
      <FieldError className="text-2xs text-bad">{error ?? ""}</FieldError>
    </TextField>
  );
}
