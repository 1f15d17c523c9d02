@tool
extends EditorPlugin
## Builds animations from the editor: a button, a menu, a dock, and before play.
## pixelpipe plugin version 1

const Command := preload("command.gd")
const Dock := preload("dock.gd")
const MENU_BUILD := "pixelpipe: Build animations"
const MENU_PLAN := "pixelpipe: Show what would be done"

var dock: Dock
var button: Button
var thread: Thread


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


func _exit_tree() -> void:
	if thread != null:
		thread.wait_to_finish()
	remove_tool_menu_item(MENU_BUILD)
	remove_tool_menu_item(MENU_PLAN)
	remove_control_from_container(CONTAINER_TOOLBAR, button)
	remove_control_from_docks(dock)
	button.queue_free()
	dock.queue_free()


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
	var result := Command.run(verb)
	_finish.call_deferred(result)


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
