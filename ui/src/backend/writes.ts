/** Writing: one hook; what was done is said in a toast, what went wrong is handed to the caller or said as well. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useBackend } from "./context";
import { type Failure, toFailure } from "./failure";
import type { Input, OperationName, Output, WriteName } from "./operations";
import { tell, tellFailure } from "./tell";
import type { Done } from "./wire";

interface WriteOptions {
  /** Said instead of what the operation says it did. */
  say?: (done: Done) => string;
  onDone?: (done: Done) => void;
  /** Shows the failure itself; without it the failure becomes a toast. */
  onFailure?: (failure: Failure) => void;
}

export function useWrite<N extends WriteName>(name: N, options: WriteOptions = {}) {
  const backend = useBackend();
  const client = useQueryClient();
  return useMutation<Done, Failure, Input<N>>({
    mutationFn: async (input) => {
      try {
        return (await backend.call(name, input)) as Done;
      } catch (cause) {
        throw toFailure(cause);
      }
    },
    onSuccess: (done) => {
      tell({ what: options.say?.(done) ?? done.did, more: done.not_done, good: true });
      options.onDone?.(done);
    },
    onError: (failure) => {
      if (options.onFailure === undefined) tellFailure(failure);
      else options.onFailure(failure);
    },
    // Also after a failure: it may be one because what is shown is old.
    onSettled: () => {
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "transcript" });
    },
  });
}

interface AskOptions<N extends OperationName> {
  onDone?: (answer: Output<N>) => void;
  onFailure?: (failure: Failure) => void;
}

/** What is asked when somebody presses a button and answers with more than what was done; says nothing by itself but failures. */
export function useAsk<N extends OperationName>(name: N, options: AskOptions<N> = {}) {
  const backend = useBackend();
  const client = useQueryClient();
  return useMutation<Output<N>, Failure, Input<N>>({
    mutationFn: async (input) => {
      try {
        return await backend.call(name, input);
      } catch (cause) {
        throw toFailure(cause);
      }
    },
    onSuccess: (answer) => options.onDone?.(answer),
    onError: (failure) => (options.onFailure ?? tellFailure)(failure),
    onSettled: () => {
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "transcript" });
    },
  });
}
