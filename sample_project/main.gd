extends Control
## Plays every clip of every `*.anim.tres` under res://assets, one stage for each picture.

const ASSETS := "res://assets"
const SUFFIX := ".anim.tres"
const NOT_BUILT := "No animations yet.\n\nRun:  pixelpipe build sample_project"
const NOT_IMPORTED := (
	"The sheets were built, but Godot has not imported them.\n\n"
	+ "Open the project in the editor once, or run:  godot --headless --path . --import"
)

@onready var grid: GridContainer = $Scroll/Grid
@onready var hint: Label = $Hint


func _ready() -> void:
	var paths := find_animations(ASSETS)
	for path in paths:
		var frames := ResourceLoader.load(path) as SpriteFrames
		if frames != null and Stage.can_show(frames):
			grid.add_child(Stage.new(path, frames))
		else:
			push_warning("%s cannot be played: is its sheet imported?" % path)
	if grid.get_child_count() == 0:
		hint.text = NOT_BUILT if paths.is_empty() else NOT_IMPORTED
		hint.show()


## Returns the paths of all animations in `folder` and below, in the order of their names.
func find_animations(folder: String) -> PackedStringArray:
	var found := PackedStringArray()
	for name_in_folder in DirAccess.get_files_at(folder):
		# An exported game lists "hero.anim.tres.remap"; it is loaded without the ending.
		var file := name_in_folder.trim_suffix(".remap")
		if file.ends_with(SUFFIX):
			found.append(folder.path_join(file))
	for below in DirAccess.get_directories_at(folder):
		found.append_array(find_animations(folder.path_join(below)))
	found.sort()
	return found


## One picture on its floor, its clips shown in turn with their names below.
class Stage:
	extends Control

	const ZOOM := 3.0
	const SIZE := Vector2(204, 236)
	const FLOOR_Y := 184.0
	## A clip is shown for whole rounds until this many seconds have passed.
	const LEAST_SECONDS := 2.0

	var title: String
	var frames: SpriteFrames
	var player := AnimatedSprite2D.new()
	var caption := Label.new()

	func _init(path: String, animation: SpriteFrames) -> void:
		title = path.get_file().trim_suffix(SUFFIX)
		frames = animation
		custom_minimum_size = SIZE

	## Says whether every clip has a frame with its picture.
	static func can_show(animation: SpriteFrames) -> bool:
		for clip in animation.get_animation_names():
			if animation.get_frame_count(clip) == 0:
				return false
			if animation.get_frame_texture(clip, 0) == null:
				return false
		return not animation.get_animation_names().is_empty()

	func _ready() -> void:
		_set_up_player()
		_set_up_caption()
		while true:
			for clip in frames.get_animation_names():
				caption.text = "%s\n%s" % [title, clip]
				player.play(clip)
				await get_tree().create_timer(_seconds_to_show(clip)).timeout

	func _set_up_player() -> void:
		var first := frames.get_animation_names()[0]
		var cell := frames.get_frame_texture(first, 0).get_size() * ZOOM
		player.sprite_frames = frames
		player.centered = false
		player.scale = Vector2(ZOOM, ZOOM)
		player.texture_filter = CanvasItem.TEXTURE_FILTER_NEAREST
		player.position = Vector2(roundf((SIZE.x - cell.x) / 2.0), FLOOR_Y - cell.y)
		add_child(player)

	func _set_up_caption() -> void:
		caption.position = Vector2(0.0, FLOOR_Y + 4.0)
		caption.size = Vector2(SIZE.x, SIZE.y - FLOOR_Y)
		caption.horizontal_alignment = HORIZONTAL_ALIGNMENT_CENTER
		caption.add_theme_font_size_override("font_size", 14)
		add_child(caption)

	## Returns the time of as many whole rounds as LEAST_SECONDS asks for; a one-shot clip rests on
	## its last frame for the rest of it.
	func _seconds_to_show(clip: String) -> float:
		var once := 0.0
		for i in frames.get_frame_count(clip):
			once += frames.get_frame_duration(clip, i)
		once /= maxf(frames.get_animation_speed(clip), 0.001)
		return once * maxf(1.0, ceilf(LEAST_SECONDS / maxf(once, 0.001)))
