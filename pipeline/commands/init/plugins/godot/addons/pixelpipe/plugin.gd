@tool
extends EditorPlugin
## Builds animations from the editor: a button, a menu, a dock, and before play. Shows what
## `pixelpipe watch` publishes meanwhile.
## pixelpipe plugin version 2

const Command := preload("command.gd")
const Dock := preload("dock.gd")
const MENU_BUILD := "pixelpipe: Build animations"
const MENU_PLAN := "pixelpipe: Show what would be done"
const LOOK_SECONDS := 1.0

var dock: Dock
var button: Button
var thread: Thread
var timer := Timer.new()
## When something was last published, and the digest of each output then.
var seen_at := 0
var seen := {}


func _enter_tree() -> void:
	Command.define_settings()
	dock = Dock.new()
	dock.name = "pixelpipe"
	dock.wanted.connect(_start)
	add_control_to_dock(DOCK_SLOT_RIGHT_BL, dock)
	button = Button.new()
	button.text = "Animate"
	button.tooltip_text = MENU_BUILD
	button.pressed.connect(_start.bind("build"))
	add_control_to_container(CONTAINER_TOOLBAR, button)
	add_tool_menu_item(MENU_BUILD, _start.bind("build"))
	add_tool_menu_item(MENU_PLAN, _start.bind("plan"))
	_remember()
	timer.wait_time = LOOK_SECONDS
	timer.autostart = true
	timer.timeout.connect(_look)
	add_child(timer)


func _exit_tree() -> void:
	if thread != null:
		thread.wait_to_finish()
	remove_tool_menu_item(MENU_BUILD)
	remove_tool_menu_item(MENU_PLAN)
	remove_control_from_container(CONTAINER_TOOLBAR, button)
	remove_control_from_docks(dock)
	button.queue_free()
	dock.queue_free()
	timer.queue_free()


## Runs before play. Old animations are better than no game: only a wrong setup stops it.
func _build() -> bool:
	if not ProjectSettings.get_setting(Command.BEFORE_PLAY):
		return true
	var result := Command.run("build")
	_show(result)
	return Command.may_play(result["exit"])


func _start(verb: String) -> void:
	if thread != null:
		return
	dock.show_busy(verb)
	thread = Thread.new()
	thread.start(_work.bind(verb))


func _work(verb: String) -> void:
	if verb != "build":
		_finish.call_deferred(Command.run(verb))
		return
	dock.show_plan.call_deferred(Command.run("plan"))
	var told := func(news: Dictionary) -> void: dock.show_news.call_deferred(news)
	_finish.call_deferred(Command.follow("build", told))


## Imports what somebody else has published, such as a watch: open scenes show it at once.
func _look() -> void:
	var files := get_editor_interface().get_resource_filesystem()
	if thread != null or files.is_scanning() or Command.published() == seen_at:
		return
	var now := Command.outputs()
	var changed := PackedStringArray()
	for path: String in now:
		if seen.get(path) != now[path] and FileAccess.file_exists(path):
			changed.append(path)
	_remember()
	_import(changed)


func _remember() -> void:
	seen_at = Command.published()
	seen = Command.outputs()


func _import(paths: PackedStringArray) -> void:
	var files := get_editor_interface().get_resource_filesystem()
	var images := PackedStringArray()
	for path in paths:
		files.update_file(path)
		if path.ends_with(".png"):
			images.append(path)
	if not images.is_empty():
		files.reimport_files(images)
	_refresh(paths)


## Lets whatever is open show what the files now say.
func _refresh(paths: PackedStringArray) -> void:
	for ending: String in [".png", ".tres"]:
		for path in paths:
			if path.ends_with(ending) and ResourceLoader.has_cached(path):
				ResourceLoader.load(path, "", ResourceLoader.CACHE_MODE_REPLACE)


func _finish(result: Dictionary) -> void:
	thread.wait_to_finish()
	thread = null
	_show(result)


func _show(result: Dictionary) -> void:
	dock.show_result(result)
	if result["exit"] != 0:
		push_warning("pixelpipe: " + Command.sentence(result))
	_import(Command.written(result))
	_remember()
