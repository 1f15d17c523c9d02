// Import each sheet twice as Unity would, then build a player; print what the scripts asked for.
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using UnityEditor;
using UnityEditor.U2D.Sprites;
using UnityEngine;

static class Program
{
    const BindingFlags Any = BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    static void Main(string[] arguments)
    {
        CultureInfo.DefaultThreadCurrentCulture = new CultureInfo("de-DE");
        Application.dataPath = arguments[0] + "/Assets";
        EditorPrefs.command = arguments[1];
        foreach (string png in arguments.Skip(2)) { Import(png); Import(png); Grow(png); }
        Build();
    }

    // A rebuild lies in `next` beside the sheet: it takes its place, and is imported over it.
    static void Grow(string png)
    {
        string folder = Path.GetDirectoryName(png), next = Path.Combine(folder, "next");
        if (!Directory.Exists(next)) return;
        var before = importer.rects.ToDictionary(rect => rect.name, rect => rect.spriteID.ToString());
        var clips = AssetDatabase.made.ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (string file in Directory.GetFiles(next))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), true);
        Import(png);
        bool kept = before.All(pair => importer.rects.Any(
            rect => rect.name == pair.Key && rect.spriteID.ToString() == pair.Value));
        bool same = clips.All(pair => ReferenceEquals(AssetDatabase.made[pair.Key], pair.Value));
        int ids = importer.rects.Select(rect => rect.spriteID.ToString()).Distinct().Count();
        Console.WriteLine("grown " + before.Count + " " + importer.rects.Length + " " + ids + " " + kept + " " + same);
    }

    static string F(float value) { return value.ToString("0.######", CultureInfo.InvariantCulture); }

    static TextureImporter importer;

    static void Import(string png)
    {
        bool isFirst = importer == null || importer.name != png;
        if (isFirst) { importer = new TextureImporter { name = png }; AssetDatabase.made.Clear(); }
        string before = string.Join(" ", importer.rects.Select(rect => rect.spriteID.ToString()));
        var ours = new Pixelpipe.PixelpipeImporter { assetPath = png, assetImporter = importer };
        typeof(Pixelpipe.PixelpipeImporter).GetMethod("OnPreprocessTexture", Any).Invoke(ours, null);
        AssetDatabase.sprites = importer.rects.Select(rect => new Sprite { name = rect.name }).ToArray();
        typeof(Pixelpipe.PixelpipeImporter).GetMethod("OnPostprocessAllAssets", Any).Invoke(
            null, new object[] { new[] { png, "x.txt" }, new string[0], new string[0], new string[0] });
        string after = string.Join(" ", importer.rects.Select(rect => rect.spriteID.ToString()));
        if (!isFirst) { Console.WriteLine("again " + (before == after) + " " + EditorUtility.dirty); return; }
        Console.WriteLine("sheet " + png + " " + importer.filterMode + " " + importer.spriteImportMode
            + " " + importer.mipmapEnabled + " " + importer.npotScale + " " + ours.context.sources.Single());
        foreach (SpriteRect rect in importer.rects)
            Console.WriteLine("rect " + rect.name + " " + F(rect.rect.x) + "," + F(rect.rect.y) + ","
                + F(rect.rect.width) + "," + F(rect.rect.height) + " " + F(rect.pivot.x) + "," + F(rect.pivot.y));
        foreach (var pair in AssetDatabase.made)
        {
            var clip = (AnimationClip)pair.Value;
            Console.WriteLine("clip|" + pair.Key + "|" + F(clip.frameRate) + "|" + clip.settings.loopTime + "|"
                + string.Join(" ", clip.keys.Select(key => F(key.time) + ":" + key.value.name.Split('_').Last())));
        }
    }

    static void Build()
    {
        var build = new Pixelpipe.PixelpipeBuild();
        try
        {
            build.OnPreprocessBuild(new UnityEditor.Build.Reporting.BuildReport());
            Console.WriteLine("built " + build.callbackOrder);
        }
        catch (UnityEditor.Build.BuildFailedException failure)
        {
            Console.WriteLine("failed " + failure.Message.Replace("\n", " "));
        }
    }
}
