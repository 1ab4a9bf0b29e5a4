import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** React Aria brings the words of its roles in 34 languages; ours is English, so the others are left out. */
const OTHER_LANGUAGES = /node_modules\/react-[a-z-]+\/dist\/private\/(?:.+\/)?intl\/(?:.+\/)?(?!en-US)[a-z]{2}-[A-Z]{2}\.mjs$/;

const oneLanguage: Plugin = {
  name: "one-language",
  enforce: "pre",
  load: { filter: { id: OTHER_LANGUAGES }, handler: () => "export default {};" },
};

/** With a single letter beyond Latin-1, a web view keeps the whole script with two bytes for each letter. */
const asciiScripts: Plugin = {
  name: "ascii-scripts",
  apply: "build",
  generateBundle(_, bundle) {
    const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
    for (const file of Object.values(bundle)) if (file.type === "chunk") file.code = file.code.replaceAll(/[^\0-\x7f]/g, escaped);
  },
};

/** The faces of the first screen are asked for with the scripts, so that no text is laid out twice. */
const FIRST_FONTS = /\/(?:inter|jetbrains-mono)-latin-wght-normal-[^/]+\.woff2$/;

const fontsFirst: Plugin = {
  name: "fonts-first",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle }) {
      const fonts = Object.keys(bundle ?? {}).filter((name) => FIRST_FONTS.test(`/${name}`));
      return fonts.map((name) => ({ tag: "link", attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `/${name}` }, injectTo: "head" as const }));
    },
  },
};

const SERVER = process.env["ORCHESTRON_URL"] ?? "http://127.0.0.1:3001";

export default defineConfig({
  plugins: [react(), tailwindcss(), oneLanguage, asciiScripts, fontsFirst],
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    // `npm run dev` beside a running `orchestron run --ui`: open http://127.0.0.1:5173/#token=… with its token.
    // The server answers only its own address, so the proxy speaks as a page of it.
    proxy: { "/api": { target: SERVER, changeOrigin: true, headers: { Origin: SERVER } } },
  },
  build: {
    target: "es2022",
    // Nothing may become a data: URL; the CSP allows those for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    // One script for the first screen; each other screen brings its own when somebody goes there.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] } } },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    testTimeout: 20_000,
    // A failure names what it looked for; the whole page is no help.
    env: { DEBUG_PRINT_LIMIT: "0" },
  },
});
