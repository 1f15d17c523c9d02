extends Node2D
## Plays our scene in an exported game, and prints which frame came when.

var shown := []


func _ready() -> void:
	var hero: AnimatedSprite2D = load("res://art/hero.anim.tscn").instantiate()
	hero.position = Vector2(8, 24)
	add_child(hero)
	var started := Time.get_ticks_msec()
	hero.frame_changed.connect(
		func() -> void: shown.append([Time.get_ticks_msec() - started, hero.frame])
	)
	hero.play("jump")
	await hero.animation_finished
	print("WEB ", JSON.stringify({
		"version": Engine.get_version_info()["string"], "web": OS.has_feature("web"),
		"shown": shown, "ended": Time.get_ticks_msec() - started,
		"pivot": [hero.offset.x, hero.offset.y],
	}))
