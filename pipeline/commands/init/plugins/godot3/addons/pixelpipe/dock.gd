tool
extends VBoxContainer
# Lists clips with state, grade and price, as the last report had them. For Godot 3.
# pixelpipe plugin version 2

signal wanted(verb)

const Command = preload("command.gd")
const TITLES = ["Sprite", "Clip", "State", "Grade", "Credits"]

var status = Label.new()
var tree = Tree.new()


func _init():
	var bar = HBoxContainer.new()
	for verb in ["build", "plan"]:
		var button = Button.new()
		button.text = verb.capitalize()
		button.connect("pressed", self, "ask", [verb])
		bar.add_child(button)
	add_child(bar)
	status.text = "No report yet."
	status.autowrap = true
	add_child(status)
	tree.columns = TITLES.size()
	tree.set_column_titles_visible(true)
	tree.hide_root = true
	tree.size_flags_vertical = Control.SIZE_EXPAND_FILL
	for i in range(TITLES.size()):
		tree.set_column_title(i, TITLES[i])
	add_child(tree)


func ask(verb):
	emit_signal("wanted", verb)


func show_busy(verb):
	status.text = "Running pixelpipe %s …" % verb


func show_result(result):
	status.text = Command.sentence(result)
	tree.clear()
	var root = tree.create_item()
	for row in Command.rows(result):
		var item = tree.create_item(root)
		for i in range(TITLES.size()):
			item.set_text(i, row[i])
			item.set_tooltip(i, row[5])
