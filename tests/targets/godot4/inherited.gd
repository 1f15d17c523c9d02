extends SceneTree
## Prints what is in the user's scene, mine.tscn.


func _init() -> void:
	run.call_deferred()


func run() -> void:
	var sprite: AnimatedSprite2D = load("res://mine.tscn").instantiate()
	root.add_child(sprite)
	var player: AnimationPlayer = sprite.get_node("AnimationPlayer")
	var ours := {}
	for clip in sprite.sprite_frames.get_animation_names():
		ours[clip] = [sprite.sprite_frames.get_frame_count(clip), sprite.sprite_frames.get_animation_loop(clip)]
	var slow := player.get_animation("mine/slow")
	var keys := []
	for i in slow.track_get_key_count(1):
		keys.append(slow.track_get_key_value(1, i))
	var hand: Node2D = sprite.get_node("Hand")
	print("FOUND ", JSON.stringify({
		"ours": ours,
		"children": sprite.get_children().map(func(node: Node) -> String: return node.get_class()),
		"hand": [hand.position.x, hand.position.y],
		"mine": {
			"name": "slow", "length": slow.length, "keys": keys,
			"loop": "once" if slow.loop_mode == Animation.LOOP_NONE else "loop",
		},
		"offset": sprite.centered,
	}))
	quit()
