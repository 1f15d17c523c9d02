extends SceneTree
## Draws every frame of every scene of scenes.txt on a plain ground, and saves it as
## shots/NUMBER-CLIP-FRAME.png. The sprite's pivot stands at (64, 96).


func _init() -> void:
	run.call_deferred()


func run() -> void:
	root.size = Vector2i(128, 128)
	root.content_scale_mode = Window.CONTENT_SCALE_MODE_DISABLED
	RenderingServer.set_default_clear_color(Color8(32, 64, 128))
	DirAccess.make_dir_absolute("res://shots")
	await process_frame
	var number := 0
	for path in FileAccess.get_file_as_string("res://scenes.txt").split("\n", false):
		var sprite: AnimatedSprite2D = load(path).instantiate()
		# Its own player would go on with the clip while each frame is drawn.
		sprite.get_node("AnimationPlayer").free()
		sprite.position = Vector2(64, 96)
		root.add_child(sprite)
		for clip in sprite.sprite_frames.get_animation_names():
			for i in sprite.sprite_frames.get_frame_count(clip):
				sprite.animation = clip
				sprite.frame = i
				await RenderingServer.frame_post_draw
				root.get_texture().get_image().save_png("res://shots/%d-%s-%d.png" % [number, clip, i])
		root.remove_child(sprite)
		sprite.free()
		number += 1
	print("DRAWN ", number)
	quit()
