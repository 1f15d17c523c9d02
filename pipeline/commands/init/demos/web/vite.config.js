// Shows a new animation at once: pixelpipe writes it, the page loads again.
const animations = {
  name: "pixelpipe",
  configureServer(server) {
    server.watcher.add("public/assets");
    server.watcher.on("change", (path) => {
      if (path.endsWith(".json")) server.ws.send({ type: "full-reload" });
    });
  },
};

export default { plugins: [animations], base: "./" };
