extends SceneTree
## Prints what Godot 4 sees in each resource named in resources.txt, one JSON line.


func _init() -> void:
	var found := {}
	for path in FileAccess.get_file_as_string("res://resources.txt").split("\n", false):
		var resource := load(path)
		if resource is SpriteFrames:
			found[path] = frames(resource)
		elif resource is AnimationLibrary:
			found[path] = library(resource)
		elif resource is PackedScene:
			found[path] = scene(resource.instantiate())
	print("FOUND ", JSON.stringify(found))
	quit()


func frames(resource: SpriteFrames) -> Dictionary:
	var animations := {}
	for clip in resource.get_animation_names():
		var cells := []
		var times := []
		for i in resource.get_frame_count(clip):
			var texture: AtlasTexture = resource.get_frame_texture(clip, i)
			var region := texture.region
			cells.append([region.position.x, region.position.y, region.size.x, region.size.y])
			var share := resource.get_frame_duration(clip, i)
			times.append(1000.0 * share / resource.get_animation_speed(clip))
		var atlas: Texture2D = resource.get_frame_texture(clip, 0).atlas
		animations[clip] = {
			"cells": cells, "ms": times, "loop": resource.get_animation_loop(clip),
			"atlas": [atlas.get_width(), atlas.get_height()],
		}
	var pivot: Vector2 = resource.get_meta("pivot")
	return {"animations": animations, "pivot": [pivot.x, pivot.y]}


func library(resource: AnimationLibrary) -> Dictionary:
	var animations := {}
	for clip in resource.get_animation_list():
		var animation := resource.get_animation(clip)
		var keys := []
		for i in animation.track_get_key_count(1):
			keys.append([
				1000.0 * animation.track_get_key_time(1, i), animation.track_get_key_value(1, i),
			])
		animations[clip] = {
			"name": animation.track_get_key_value(0, 0),
			"paths": [str(animation.track_get_path(0)), str(animation.track_get_path(1))],
			"keys": keys, "ms": 1000.0 * animation.length,
			"loop": animation.loop_mode == Animation.LOOP_LINEAR,
		}
	return animations


func scene(root: AnimatedSprite2D) -> Dictionary:
	var said := {
		"name": root.name, "filter": root.texture_filter, "centered": root.centered,
		"offset": [root.offset.x, root.offset.y], "autoplay": root.autoplay,
		"frames": root.sprite_frames.resource_path, "children": [], "libraries": [],
	}
	for child in root.get_children():
		said["children"].append(child.get_class())
		if child is AnimationPlayer:
			said["libraries"] = child.get_animation_list()
			said["autoplay"] = child.autoplay
	root.free()
	return said
