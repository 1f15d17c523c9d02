-- Plays the sprite's clips side by side: `love .`
local path, zoom, floor = "assets/hero.anim.lua", 4, 80
local sheet, image, loaded

-- A new animation shows at once.
local function refresh()
  local now = love.filesystem.getInfo(path).modtime
  if loaded == now then return end
  sheet, loaded = love.filesystem.load(path)(), now
  image = love.graphics.newImage("assets/" .. sheet.image)
end

local function draw(x, tag, seconds)
  local total = 0
  for i = tag.from, tag.to do total = total + sheet.frames[i].duration end
  local left, shown = seconds % total, sheet.frames[tag.to]
  for i = tag.from, tag.to do
    left = left - sheet.frames[i].duration
    if left < 0 then shown = sheet.frames[i] break end
  end
  local quad = love.graphics.newQuad(shown.x, shown.y, shown.w, shown.h, image)
  love.graphics.draw(image, quad, x - sheet.pivot.x, floor - sheet.pivot.y)
end

function love.load() love.graphics.setDefaultFilter("nearest", "nearest") end

function love.draw()
  refresh()
  love.graphics.clear(37 / 255, 59 / 255, 92 / 255)
  love.graphics.scale(zoom)
  draw(50, sheet.tags.idle, love.timer.getTime())
  draw(110, sheet.tags.walk, love.timer.getTime())
end
