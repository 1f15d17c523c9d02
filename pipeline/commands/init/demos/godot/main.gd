extends Node2D
## Plays the sprite's clips side by side.

const HERO := "res://assets/hero.anim.tscn"


func _ready() -> void:
	if load_hero() == null:
		import()
	show_clip("idle", 50.0)
	show_clip("walk", 110.0)


func show_clip(clip: String, x: float) -> void:
	var hero: AnimatedSprite2D = load_hero().instantiate()
	hero.position = Vector2(x, 80.0)
	add_child(hero)
	hero.play(clip)


func load_hero() -> PackedScene:
	return load(HERO) if FileAccess.file_exists("res://assets/hero.anim.png.import") else null


## Godot loads a picture only after it was imported: once, here, if the editor never was open.
func import() -> void:
	var folder := ProjectSettings.globalize_path("res://")
	var godot := OS.get_environment("GODOT") if OS.has_environment("GODOT") else OS.get_executable_path()
	OS.execute(godot, ["--headless", "--path", folder, "--import"])
