-- Draw each quad of hero.anim.lua, decode it from pixels, step each tag in 10 ms, print, quit.

function love.errorhandler(message)
  print(debug.traceback(message))
  return function() return 1 end
end

local function order(tag)
  local forth, back = {}, {}
  for i = tag.from, tag.to do forth[#forth + 1] = i; table.insert(back, 1, i) end
  local one, two = forth, back
  if tag.direction == "reverse" or tag.direction == "pingpong_reverse" then one, two = back, forth end
  if tag.direction == "pingpong" or tag.direction == "pingpong_reverse" then
    for i = 2, #two - (tag.loop and 1 or 0) do one[#one + 1] = two[i] end
  end
  return one
end

local function decode(sheet, image, frame)
  local quad = love.graphics.newQuad(frame.x, frame.y, frame.w, frame.h, image:getDimensions())
  local canvas = love.graphics.newCanvas(frame.w, frame.h)
  love.graphics.setCanvas(canvas)
  love.graphics.clear(0, 0, 0, 0)
  love.graphics.draw(image, quad, sheet.pivot.x, sheet.pivot.y, 0, 1, 1, sheet.pivot.x, sheet.pivot.y)
  love.graphics.setCanvas()
  local data, number = canvas:newImageData(), 0
  for bit = 0, 3 do
    if data:getPixel(5 + 2 * bit, 7) > 0.5 then number = number + 2 ^ bit end
  end
  return number
end

local function play(sheet, tag)
  local steps, at, left, changes = order(tag), 1, 0, {}
  left = sheet.frames[steps[1]].duration
  changes[1] = "0:" .. (steps[1] - 1)
  for ms = 10, 1000, 10 do
    left = left - 0.01
    if left <= 1e-9 then
      at = at + 1
      if at > #steps then
        if not tag.loop then changes[#changes + 1] = ms .. ":done"; break end
        at = 1
      end
      left = left + sheet.frames[steps[at]].duration
      changes[#changes + 1] = ms .. ":" .. (steps[at] - 1)
    end
  end
  return table.concat(changes, " ")
end

function love.load()
  love.graphics.setDefaultFilter("nearest", "nearest")
  for _, name in ipairs(love.filesystem.getDirectoryItems("art")) do
    if name:match("%.lua$") then
      local sheet = love.filesystem.load("art/" .. name)()
      local image = love.graphics.newImage("art/" .. sheet.image)
      assert(image:getWidth() == sheet.sheet_w and image:getHeight() == sheet.sheet_h)
      local numbers = {}
      for i, frame in ipairs(sheet.frames) do numbers[i] = decode(sheet, image, frame) end
      print("pixels|" .. name .. "|" .. table.concat(numbers, " "))
      for tag_name, tag in pairs(sheet.tags) do
        print("play|" .. name .. "|" .. tag_name .. "|" .. play(sheet, tag))
      end
    end
  end
  love.event.quit()
end
