@tool
extends EditorPlugin
## Opens our scene, lets the source change while a watch runs, and says what the open scene shows.


func _enter_tree() -> void:
	go.call_deferred()


func go() -> void:
	await get_tree().create_timer(1.5).timeout
	EditorInterface.open_scene_from_path("res://art/hero.anim.tscn")
	await get_tree().create_timer(0.5).timeout
	var sprite: AnimatedSprite2D = EditorInterface.get_edited_scene_root()
	var before := look(sprite)
	DirAccess.copy_absolute("res://next.png", "res://art/hero.png")
	for i in 200:
		await get_tree().create_timer(0.1).timeout
		if look(sprite)["hash"] != before["hash"] and look(sprite)["pixel"] != before["pixel"]:
			break
	print("RELOAD ", JSON.stringify({
		"before": before, "after": look(sprite),
		"same_node": EditorInterface.get_edited_scene_root() == sprite,
	}))
	get_tree().quit()


func look(sprite: AnimatedSprite2D) -> Dictionary:
	var frames := sprite.sprite_frames
	var texture: AtlasTexture = frames.get_frame_texture("idle", 0)
	var image := texture.atlas.get_image()
	return {
		"hash": frames.get_meta("png_hash"),
		"pixel": image.get_pixel(int(texture.region.position.x) + 8, int(texture.region.position.y) + 12).to_html(),
	}
