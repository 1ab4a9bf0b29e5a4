// Whether the page is dark, before anything of it is drawn: the window's own code runs after that. src/theme.ts goes on from here.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("orchestron-theme");
  } catch {
    // Storage is switched off: the system's choice it is.
  }
  const isDark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
