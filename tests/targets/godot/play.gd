extends SceneTree

# Play clips of one SpriteFrames in a window and print the drawn frames, as decoded from pixels.

var sprite
var events = []
var clock = 0.0
var pixels = []

func _init():
	OS.window_size = Vector2(64, 64)
	var frames = load("res://art/hero.anim.tres")
	sprite = AnimatedSprite.new()
	sprite.frames = frames
	sprite.centered = false
	sprite.offset = -frames.get_meta("pivot")
	sprite.position = Vector2(8, 24)
	sprite.connect("frame_changed", self, "changed")
	sprite.connect("animation_finished", self, "finished")
	root.add_child(sprite)
	run()

# With --fixed-fps each frame lasts the same, however slow the machine is.
func _idle(delta):
	clock += delta * 1000.0
	return false

func changed():
	events.append(["frame", round(clock), sprite.frame])

func finished():
	events.append(["finished", round(clock), sprite.frame])

func look():
	var image = root.get_texture().get_data()
	image.flip_y()
	image.lock()
	if image.get_pixel(8, 10).r + image.get_pixel(8, 10).g < 0.5:
		return
	var number = 0
	for bit in range(4):
		if image.get_pixel(5 + 2 * bit, 7).r > 0.5:
			number += 1 << bit
	image.unlock()
	if pixels.empty() or pixels[-1] != number:
		pixels.append(number)

func play(name, ms):
	pixels = []
	events = []
	clock = 0.0
	sprite.frame = 0
	sprite.play(name)
	while clock < ms:
		yield(VisualServer, "frame_post_draw")
		look()
	sprite.stop()
	return {"pixels": pixels, "events": events}

func run():
	yield(self, "idle_frame")
	yield(self, "idle_frame")
	var walk = yield(play("walk", 1100), "completed")
	var jump = yield(play("jump", 900), "completed")
	print(JSON.print({"walk": walk, "jump": jump}))
	quit()
