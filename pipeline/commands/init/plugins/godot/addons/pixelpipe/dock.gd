@tool
extends VBoxContainer
## Lists clips with state, grade and price, as the last report had them.
## pixelpipe plugin version 1

signal wanted(verb: String)

const Command := preload("command.gd")
const TITLES := ["Sprite", "Clip", "State", "Grade", "Credits"]

var status := Label.new()
var tree := Tree.new()
var buttons: Array[Button] = []


func _init() -> void:
	var bar := HBoxContainer.new()
	for verb: String in ["build", "plan"]:
		var button := Button.new()
		button.text = verb.capitalize()
		button.pressed.connect(func() -> void: wanted.emit(verb))
		bar.add_child(button)
		buttons.append(button)
	add_child(bar)
	status.text = "No report yet."
	status.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	add_child(status)
	tree.columns = TITLES.size()
	tree.column_titles_visible = true
	tree.hide_root = true
	tree.size_flags_vertical = Control.SIZE_EXPAND_FILL
	for i in TITLES.size():
		tree.set_column_title(i, TITLES[i])
	add_child(tree)


func show_busy(verb: String) -> void:
	status.text = "Running pixelpipe %s …" % verb
	for button in buttons:
		button.disabled = true


func show_result(result: Dictionary) -> void:
	for button in buttons:
		button.disabled = false
	status.text = Command.sentence(result)
	tree.clear()
	var root := tree.create_item()
	for row: Array in Command.rows(result):
		var item := tree.create_item(root)
		for i in TITLES.size():
			item.set_text(i, row[i])
			item.set_tooltip_text(i, row[5])
