import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = process.env["ORCHESTRON_URL"] ?? "http://127.0.0.1:3001";

export default defineConfig({
  plugins: [react(), tailwindcss()],
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
