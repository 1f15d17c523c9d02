tool
extends EditorPlugin
# Builds animations from the editor: a menu, a dock, and before play. For Godot 3.
# pixelpipe plugin version 2

const Command = preload("command.gd")
const Dock = preload("dock.gd")
const MENU_BUILD = "pixelpipe: Build animations"
const MENU_PLAN = "pixelpipe: Show what would be done"

var dock
var button


func _enter_tree():
	Command.define_settings()
	dock = Dock.new()
	dock.name = "pixelpipe"
	dock.connect("wanted", self, "start")
	add_control_to_dock(DOCK_SLOT_RIGHT_BL, dock)
	button = Button.new()
	button.text = "Animate"
	button.hint_tooltip = MENU_BUILD
	button.connect("pressed", self, "start", ["build"])
	add_control_to_container(CONTAINER_TOOLBAR, button)
	add_tool_menu_item(MENU_BUILD, self, "from_menu", "build")
	add_tool_menu_item(MENU_PLAN, self, "from_menu", "plan")


func _exit_tree():
	remove_tool_menu_item(MENU_BUILD)
	remove_tool_menu_item(MENU_PLAN)
	remove_control_from_container(CONTAINER_TOOLBAR, button)
	remove_control_from_docks(dock)
	button.queue_free()
	dock.queue_free()


# Runs before play. Old animations are better than no game: only a wrong setup stops it.
func build():
	if not ProjectSettings.get_setting(Command.BEFORE_PLAY):
		return true
	return Command.may_play(start("build")["exit"])


func from_menu(verb):
	start(verb)


func start(verb):
	dock.show_busy(verb)
	var result = Command.run(verb)
	dock.show_result(result)
	if result["exit"] != 0:
		push_warning("pixelpipe: " + Command.sentence(result))
	var files = get_editor_interface().get_resource_filesystem()
	for path in Command.written(result):
		files.update_file(path)
	files.scan()
	return result
