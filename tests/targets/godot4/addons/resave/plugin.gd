@tool
extends EditorPlugin
## Saves our files again, as the editor does with whatever is open.


func _enter_tree() -> void:
	go.call_deferred()


func go() -> void:
	await get_tree().create_timer(1.0).timeout
	EditorInterface.open_scene_from_path("res://art/hero.anim.tscn")
	await get_tree().create_timer(0.3).timeout
	EditorInterface.mark_scene_as_unsaved()
	print("SAVED ", EditorInterface.save_scene())
	for path: String in ["res://art/hero.anim.tres", "res://art/hero.anim.library.tres"]:
		print("SAVED ", ResourceSaver.save(load(path), path))
	get_tree().quit()
