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
var seen := 0


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
	seen = Command.published()
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
	if thread != null or files.is_scanning() or Command.published() == seen:
		return
	seen = Command.published()
	files.scan()


func _finish(result: Dictionary) -> void:
	thread.wait_to_finish()
	thread = null
	_show(result)


func _show(result: Dictionary) -> void:
	dock.show_result(result)
	if result["exit"] != 0:
		push_warning("pixelpipe: " + Command.sentence(result))
	var written := Command.written(result)
	var files := get_editor_interface().get_resource_filesystem()
	for path in written:
		files.update_file(path)
	var images := PackedStringArray()
	for path in written:
		if path.ends_with(".png"):
			images.append(path)
	if not images.is_empty():
		files.reimport_files(images)
	seen = Command.published()
