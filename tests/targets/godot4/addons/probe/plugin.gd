@tool
extends EditorPlugin
## Presses the buttons of the pixelpipe addon in the editor's window, prints what it says, quits.

var told := []


func _enter_tree() -> void:
	probe.call_deferred()


func probe() -> void:
	await settled()
	var addon := find_addon()
	var dock: Control = addon.dock
	show_dock(dock)
	await get_tree().create_timer(0.5).timeout
	shoot("before")
	var said := {"first": dock.status.text, "titles": titles(dock.tree)}
	said["plan"] = await press(addon, 1)
	dock.progress.value_changed.connect(func(value: float) -> void: told.append(value))
	said["build"] = await press(addon, 0)
	said["progress"] = told
	await settled()
	shoot("after")
	said["loaded"] = SpriteFrames.new().get_class() == load("res://art/hero.anim.tres").get_class()
	said["play"] = addon._build()
	ProjectSettings.set_setting("pixelpipe/command", "no-such-program")
	said["missing"] = {"play": addon._build(), "said": dock.status.text}
	print("PROBE ", JSON.stringify(said))
	get_tree().quit()


func settled() -> void:
	var files := EditorInterface.get_resource_filesystem()
	await get_tree().create_timer(0.5).timeout
	while files.is_scanning():
		await get_tree().create_timer(0.1).timeout


func find_addon() -> EditorPlugin:
	for node in get_parent().get_children():
		var script: Script = node.get_script()
		if script != null and script.resource_path.ends_with("addons/pixelpipe/plugin.gd"):
			return node
	return null


func show_dock(dock: Control) -> void:
	var below: Node = dock
	while below.get_parent() != null:
		if below.get_parent() is TabContainer:
			var tabs: TabContainer = below.get_parent()
			tabs.current_tab = tabs.get_tab_idx_from_control(below)
			return
		below = below.get_parent()


func titles(tree: Tree) -> Array:
	return range(tree.columns).map(func(i: int) -> String: return tree.get_column_title(i))


func press(addon: EditorPlugin, number: int) -> Dictionary:
	var button: Button = addon.dock.buttons[number]
	button.pressed.emit()
	while addon.thread != null:
		await get_tree().process_frame
	var rows := []
	for item in addon.dock.tree.get_root().get_children():
		rows.append(range(addon.dock.tree.columns).map(func(i: int) -> String: return item.get_text(i)))
	return {"said": addon.dock.status.text, "rows": rows}


func shoot(name: String) -> void:
	if DisplayServer.get_name() != "headless":
		get_viewport().get_texture().get_image().save_png("res://%s.png" % name)
