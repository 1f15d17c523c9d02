function love.conf(t)
  t.window.title = "pixelpipe"
  t.window.width, t.window.height = 640, 400
end
