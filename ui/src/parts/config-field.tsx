/** One setting of `.mcp/config.yaml`: what holds, where it is written, and the way to change it without losing a comment. */
import { Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Input, Label, TextField } from "react-aria-components";
import type { ErrorView, SettingView } from "../backend/wire";
import { useWrite } from "../backend/writes";
import { text } from "../text";
import { Button, IconButton } from "./button";
import { INPUT } from "./fields";
import { type Choice, Picker } from "./picker";
import { Switch } from "./switch";

interface FieldProps {
  setting: SettingView;
  hash: string;
  name: string;
  hint: string;
}

interface RowProps extends FieldProps {
  error: ErrorView | null;
  onReset: (() => void) | null;
  children: ReactNode;
}

function Row({ setting, name, hint, error, onReset, children }: RowProps) {
  return (
    <div data-testid={`setting-${setting.key}`} className="flex flex-col gap-1 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <span className="min-w-48 flex-1">
          <span className="block text-sm">{name}</span>
          {hint === "" ? null : <span className="block text-2xs text-muted">{hint}</span>}
        </span>
        <span className="flex items-center gap-2">
          <span className="w-16 text-right text-2xs whitespace-nowrap text-faint">{setting.line === null ? text.settings.usual : text.settings.line(setting.line)}</span>
          {children}
          <span className="flex w-7 justify-center">
            {onReset === null ? null : (
              <IconButton label={text.settings.resetKey(name)} onPress={onReset}>
                <Undo2 aria-hidden size={13} />
              </IconButton>
            )}
          </span>
        </span>
      </div>
      {error === null ? null : (
        <p role="alert" className="text-xs text-bad wrap-anywhere">
          {error.message}
        </p>
      )}
    </div>
  );
}

/** Writes the setting; the error stays beside it until the next try. */
function useSet({ setting, hash }: FieldProps) {
  const [error, setError] = useState<ErrorView | null>(null);
  const write = useWrite("config-set", { onDone: () => setError(null), onFailure: (failure) => setError(failure.view) });
  const set = (values: string[]) => {
    setError(null);
    write.mutate({ changes: [{ key: setting.key, values }], hash });
  };
  return { error, set, isPending: write.isPending, onReset: setting.written === null ? null : () => set([]) };
}

export function ConfigWords({ isList = false, isShort = false, ...props }: FieldProps & { isList?: boolean; isShort?: boolean }) {
  const { setting, name } = props;
  const holds = setting.written === "auto" ? "auto" : setting.holds;
  // What was typed holds until it is saved or somebody else has changed what holds.
  const [draft, setDraft] = useState<{ of: string; value: string } | null>(null);
  const { error, set, isPending, onReset } = useSet(props);
  const value = draft !== null && draft.of === holds ? draft.value : holds;
  const isChanged = value.trim() !== holds;
  const save = () => {
    if (!isChanged || isPending) return;
    const parts = isList ? value.split(",") : [value];
    set(parts.map((part) => part.trim()).filter((part) => part !== ""));
  };
  return (
    <Row {...props} error={error} onReset={onReset}>
      <TextField
        value={value}
        onChange={(next) => setDraft({ of: holds, value: next })}
        onKeyDown={(event) => {
          if (event.key === "Enter") save();
          else if (event.key === "Escape" && isChanged) setDraft(null);
          else event.continuePropagation();
        }}
      >
        <Label className="sr-only">{name}</Label>
        <span className="block w-56">
          <Input placeholder={text.settings.left} data-testid={`input-${setting.key}`} className={`${INPUT} h-7 font-mono text-xs`} />
        </span>
      </TextField>
      {isChanged ? (
        <Button size="small" look="solid" isPending={isPending} onPress={save} data-testid={`save-${setting.key}`}>
          {text.settings.save}
        </Button>
      ) : null}
    </Row>
  );
}

export function ConfigChoice({ choices, ...props }: FieldProps & { choices: readonly Choice[] }) {
  const { error, set, onReset } = useSet(props);
  const { holds, key } = props.setting;
  const all = choices.some(({ id }) => id === holds) ? choices : [...choices, { id: holds, name: holds }];
  return (
    <Row {...props} error={error} onReset={onReset}>
      <Picker isField label={props.name} choices={[...all]} chosen={holds} onChoose={(id) => id !== holds && set(id === "" ? [] : [id])} testId={`choice-${key}`} />
    </Row>
  );
}

export function ConfigTruth(props: FieldProps) {
  const { error, set, onReset, isPending } = useSet(props);
  return (
    <Row {...props} error={error} onReset={onReset}>
      <Switch label={props.name} isOn={props.setting.holds === "true"} isDisabled={isPending} onChange={(isOn) => set([String(isOn)])} testId={`truth-${props.setting.key}`} />
    </Row>
  );
}
