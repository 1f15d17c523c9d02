extends SceneTree

# Print what Godot 3 sees in each resource named in resources.txt, one JSON line.

func describe(path):
	var frames = load(path)
	var animations = {}
	for name in frames.get_animation_names():
		var cells = []
		for i in range(frames.get_frame_count(name)):
			var texture = frames.get_frame(name, i)
			var region = texture.region
			cells.append([region.position.x, region.position.y, region.size.x, region.size.y])
		var texture = frames.get_frame(name, 0)
		animations[name] = {
			"cells": cells,
			"speed": frames.get_animation_speed(name),
			"loop": frames.get_animation_loop(name),
			"atlas": [texture.atlas.get_width(), texture.atlas.get_height()],
		}
	var pivot = frames.get_meta("pivot")
	return {"animations": animations, "pivot": [pivot.x, pivot.y], "hash": frames.get_meta("png_hash")}

func _init():
	var list = File.new()
	list.open("res://resources.txt", File.READ)
	var found = {}
	while not list.eof_reached():
		var path = list.get_line()
		if path != "":
			found[path] = describe(path)
	print(JSON.print(found))
	quit()
