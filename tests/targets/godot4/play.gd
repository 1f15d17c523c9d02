extends SceneTree
## Plays clips with a clock of --fixed-fps, and prints when which frame was shown, as JSON.
## plays.json: [[scene, clip, ms, whether its AnimationPlayer plays], …]

var clock := 0.0
var shown := []


func _init() -> void:
	run.call_deferred()


func run() -> void:
	var all := []
	for play: Array in JSON.parse_string(FileAccess.get_file_as_string("res://plays.json")):
		all.append(await one(play[0], play[1], play[2], play[3]))
	print("PLAYED ", JSON.stringify(all))
	quit()


func one(path: String, clip: String, ms: float, by_player: bool) -> Dictionary:
	var sprite: AnimatedSprite2D = load(path).instantiate()
	var player: AnimationPlayer = sprite.get_node("AnimationPlayer")
	if not by_player:
		player.free()
		player = null
	root.add_child(sprite)
	await process_frame
	var ended := [-1.0]
	if player != null:
		player.stop()
		player.animation_finished.connect(func(_name: String) -> void: ended[0] = clock)
		player.play(clip)
	else:
		sprite.stop()
		sprite.animation_finished.connect(func() -> void: ended[0] = clock)
		sprite.play(clip)
	clock = 0.0
	shown = []
	while clock < ms:
		if shown.is_empty() or shown[-1][1] != sprite.frame:
			shown.append([clock, sprite.frame])
		await process_frame
		clock += 1000.0 * root.get_process_delta_time()
	sprite.queue_free()
	return {"shown": shown, "ended": ended[0], "animation": sprite.animation}
