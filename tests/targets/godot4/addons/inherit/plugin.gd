@tool
extends EditorPlugin
## Does what a user does: inherits our scene, adds a node and an animation of their own, saves.


func _enter_tree() -> void:
	go.call_deferred()


func go() -> void:
	await get_tree().create_timer(1.0).timeout
	var ours: PackedScene = load("res://art/hero.anim.tscn")
	var root: Node = ours.instantiate(PackedScene.GEN_EDIT_STATE_MAIN_INHERITED)
	var marker := Marker2D.new()
	marker.name = "Hand"
	marker.position = Vector2(3, -7)
	root.add_child(marker)
	marker.owner = root
	var player: AnimationPlayer = root.get_node("AnimationPlayer")
	var slow: Animation = player.get_animation("idle").duplicate(true)
	slow.length = 9.5
	slow.loop_mode = Animation.LOOP_NONE
	while slow.track_get_key_count(1) > 2:
		slow.track_remove_key(1, 2)
	slow.track_insert_key(1, 9.0, 0)
	var library := AnimationLibrary.new()
	library.add_animation("slow", slow)
	player.add_animation_library("mine", library)
	var scene := PackedScene.new()
	scene.pack(root)
	print("SAVED ", ResourceSaver.save(scene, "res://mine.tscn"))
	get_tree().quit()
