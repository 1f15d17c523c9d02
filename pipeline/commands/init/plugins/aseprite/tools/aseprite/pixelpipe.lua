-- pixelpipe plugin version 2
-- Animates the open sprite with `pixelpipe animate` and opens the result.
--
-- In Aseprite: File > Scripts > Open Scripts Folder, put this file there, then Rescan.
-- The sprite's file is not touched: its first frame, flattened, is sent as a copy.

local function quote(word)
  if app.fs.pathSeparator == "\\" then return '"' .. word:gsub('"', "") .. '"' end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function ask()
  local dialog = Dialog("pixelpipe")
  dialog:entry{ id = "prompt", label = "Motion", text = "breathing calmly, subtle idle loop" }
  dialog:entry{ id = "command", label = "Program", text = "pixelpipe" }
  dialog:button{ id = "ok", text = "Animate" }
  dialog:button{ id = "cancel", text = "Cancel" }
  dialog:show()
  return dialog.data
end

local function first_frame(sprite, path)
  local flat = Image(sprite.width, sprite.height, ColorMode.RGB)
  flat:drawSprite(sprite, 1)
  flat:saveAs(path)
end

local function main()
  local sprite = app.activeSprite
  if not sprite then return app.alert("Open a sprite first.") end
  local wish = ask()
  if not wish.ok or wish.prompt == "" then return end

  -- A folder of its own: nothing that is there can be taken for ours.
  local name = app.fs.fileTitle(sprite.filename)
  -- Its name is one that the system made up: nobody can have put a link there before.
  local unique = os.tmpname()
  os.remove(unique)
  local folder = app.fs.joinPath(app.fs.tempPath, "pixelpipe-" .. app.fs.fileTitle(unique))
  app.fs.makeAllDirectories(folder)
  local png = app.fs.joinPath(folder, (name ~= "" and name or "sprite") .. ".png")
  first_frame(sprite, png)

  local log = app.fs.joinPath(folder, "log.txt")
  local words = { quote(wish.command), "animate", quote(png), quote(wish.prompt), "--target", "ase" }
  local command = table.concat(words, " ") .. " > " .. quote(log) .. " 2>&1"
  if app.fs.pathSeparator == "\\" then command = '"' .. command .. '"' end
  local done = os.execute(command)

  local result = png:gsub("%.png$", "") .. ".anim.aseprite"
  if done and app.fs.isFile(result) then return app.open(result) end
  local file = io.open(log)
  local said = file and file:read("a") or ""
  if file then file:close() end
  app.alert{ title = "pixelpipe", text = { "No animation was made.", said } }
end

main()
