// The names of what is built are fixed: the program has them by name, and an ETag tells versions apart.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  build: {
    target: ["chrome123", "firefox120", "safari17.5"],
    outDir: "dist",
    assetsDir: "console",
    assetsInlineLimit: 0,
    // Nothing of it would pass the policy of the page: it is inline.
    modulePreload: false,
    rollupOptions: {
      output: {
        entryFileNames: "console/console.js",
        chunkFileNames: "console/[name].js",
        assetFileNames: "console/console.[ext]",
      },
    },
  },
  server: {
    // For those who change the console: `npm run dev` beside a host on its default address.
    proxy: Object.fromEntries(
      ["/v1", "/metrics", "/readyz", "/console/samples"].map((path) => [path, "http://127.0.0.1:8080"]),
    ),
  },
});
