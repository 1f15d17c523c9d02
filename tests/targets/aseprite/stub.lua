-- As much of Aseprite's scripting interface as our script uses, with real files and a real shell.
-- Written from the interface's public documentation; not Aseprite.
local script, drawn, command, folder = arg[1], arg[2], arg[3], arg[4]

local function copy(from, to)
  local source, target = assert(io.open(from, "rb")), assert(io.open(to, "wb"))
  target:write(source:read("a"))
  source:close()
  target:close()
end

ColorMode = { RGB = 0 }

function Image(width, height, mode)
  assert(mode == ColorMode.RGB)
  return {
    drawSprite = function(_, sprite, frame) assert(sprite == app.activeSprite and frame == 1) end,
    saveAs = function(_, path) copy(drawn, path) end,
  }
end

function Dialog(_)
  local dialog = { data = {} }
  function dialog:entry(field) self.data[field.id] = field.text end
  function dialog:button(field) self.data[field.id] = field.id == "ok" end
  function dialog:show() self.data.command = command end
  return dialog
end

app = {
  activeSprite = { filename = "/some where/it's a hero.aseprite", width = 16, height = 24 },
  open = function(path) print("opened " .. path) end,
  alert = function(said)
    print("alert " .. (type(said) == "table" and table.concat(said.text, " ") or said))
  end,
  fs = {
    pathSeparator = "/",
    tempPath = folder,
    fileTitle = function(path) return path:match("([^/]+)%.%w+$") or "" end,
    joinPath = function(one, two) return one .. "/" .. two end,
    makeAllDirectories = function(path) os.execute("mkdir -p '" .. path .. "'") end,
    isFile = function(path)
      local file = io.open(path)
      if file then file:close() end
      return file ~= nil
    end,
  },
}

dofile(script)
