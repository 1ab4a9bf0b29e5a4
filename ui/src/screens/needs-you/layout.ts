/** What is decided, and beside it (below it, where there is no room) what helps to decide. Within a `@container`. */
export const BESIDE = "flex flex-col gap-5 @min-[64rem]:flex-row @min-[64rem]:gap-10";
export const EVIDENCE = "flex max-w-3xl flex-col gap-5 border-t border-line-soft pt-4 empty:hidden @min-[64rem]:w-112 @min-[64rem]:shrink-0 @min-[64rem]:border-t-0 @min-[64rem]:border-l @min-[64rem]:pt-0 @min-[64rem]:pl-8";
