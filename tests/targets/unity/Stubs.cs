// Signatures of Unity's editor that our scripts use, with just enough behind them to see what the
// scripts ask for. Written from Unity's public documentation; not Unity.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;

namespace UnityEngine
{
    public class Object { public string name; }
    public class Sprite : Object { }
    public class SpriteRenderer : Object { }
    public class AnimationClip : Object
    {
        public float frameRate;
        public UnityEditor.ObjectReferenceKeyframe[] keys;
        public UnityEditor.AnimationClipSettings settings = new UnityEditor.AnimationClipSettings();
    }
    public struct Vector2
    {
        public float x, y;
        public Vector2(float x, float y) { this.x = x; this.y = y; }
    }
    public struct Rect
    {
        public float x, y, width, height;
        public Rect(float x, float y, float w, float h) { this.x = x; this.y = y; width = w; height = h; }
    }
    public enum FilterMode { Point, Bilinear, Trilinear }
    public enum SpriteAlignment { Center, Custom = 9 }
    public static class Mathf { public static int Max(int a, int b) { return Math.Max(a, b); } }
    public static class Application { public static string dataPath; }
    public static class Debug
    {
        public static void Log(object said) { Console.WriteLine("log " + said); }
        public static void LogWarning(object said) { Console.WriteLine("warning " + said); }
    }

    /// Fills public fields by name, as JsonUtility does: what is missing stays empty.
    public static class JsonUtility
    {
        public static T FromJson<T>(string text)
        {
            int at = 0;
            return (T)Fill(typeof(T), Parse(text, ref at));
        }

        static object Fill(Type type, object value)
        {
            if (value == null) return null;
            if (type == typeof(string)) return value as string;
            if (type == typeof(int)) return value is double ? (int)(double)value : 0;
            if (type.IsArray)
            {
                var list = (List<object>)value;
                Array array = Array.CreateInstance(type.GetElementType(), list.Count);
                for (int i = 0; i < list.Count; i++)
                    array.SetValue(Fill(type.GetElementType(), list[i]), i);
                return array;
            }
            object made = Activator.CreateInstance(type);
            var entries = (Dictionary<string, object>)value;
            foreach (FieldInfo field in type.GetFields())
                if (entries.ContainsKey(field.Name))
                    field.SetValue(made, Fill(field.FieldType, entries[field.Name]));
            return made;
        }

        static void Skip(string text, ref int at)
        {
            while (" \n\r\t,:".IndexOf(text[at]) >= 0) at++;
        }

        static object Parse(string text, ref int at)
        {
            Skip(text, ref at);
            char first = text[at];
            if (first == '"') return Text(text, ref at);
            if (first == '{' || first == '[') { at++; return first == '{' ? Map(text, ref at) : (object)List(text, ref at); }
            int start = at;
            while (",]}\n\r\t ".IndexOf(text[at]) < 0) at++;
            string word = text.Substring(start, at - start);
            if (word == "true" || word == "false" || word == "null") return null;
            return double.Parse(word, CultureInfo.InvariantCulture);
        }

        static string Text(string text, ref int at)
        {
            int end = text.IndexOf('"', at + 1);
            string found = text.Substring(at + 1, end - at - 1);
            at = end + 1;
            return found;
        }

        static Dictionary<string, object> Map(string text, ref int at)
        {
            var found = new Dictionary<string, object>();
            for (Skip(text, ref at); text[at] != '}'; Skip(text, ref at))
            {
                string key = Text(text, ref at);
                found[key] = Parse(text, ref at);
            }
            at++;
            return found;
        }

        static List<object> List(string text, ref int at)
        {
            var found = new List<object>();
            for (Skip(text, ref at); text[at] != ']'; Skip(text, ref at)) found.Add(Parse(text, ref at));
            at++;
            return found;
        }
    }
}

namespace UnityEditor
{
    using UnityEngine;

    public struct GUID
    {
        readonly string hex;
        public GUID(string hex) { this.hex = hex; }
        public override string ToString() { return hex; }
    }
    public class AssetImportContext
    {
        public readonly List<string> sources = new List<string>();
        public void DependsOnSourceAsset(string path) { sources.Add(path); }
    }
    public class AssetImporter : UnityEngine.Object { public bool importSettingsMissing = true; }
    public enum TextureImporterType { Default, Sprite }
    public enum SpriteImportMode { None, Single, Multiple }
    public enum TextureImporterNPOTScale { None, ToNearest }
    public enum TextureImporterCompression { Uncompressed, Compressed }
    public class TextureImporter : AssetImporter
    {
        public TextureImporterType textureType;
        public SpriteImportMode spriteImportMode;
        public FilterMode filterMode = FilterMode.Bilinear;
        public bool mipmapEnabled = true, alphaIsTransparency;
        public TextureImporterNPOTScale npotScale = TextureImporterNPOTScale.ToNearest;
        public TextureImporterCompression textureCompression = TextureImporterCompression.Compressed;
        public float spritePixelsPerUnit = 100;
        public UnityEditor.U2D.Sprites.SpriteRect[] rects = new UnityEditor.U2D.Sprites.SpriteRect[0];
    }
    public class AssetPostprocessor
    {
        public string assetPath;
        public AssetImporter assetImporter;
        public AssetImportContext context = new AssetImportContext();
        public virtual uint GetVersion() { return 0; }
    }
    public struct ObjectReferenceKeyframe { public float time; public UnityEngine.Object value; }
    public class AnimationClipSettings { public bool loopTime; }
    public struct EditorCurveBinding
    {
        public static EditorCurveBinding PPtrCurve(string path, Type type, string property)
        {
            if (path != "" || type != typeof(SpriteRenderer) || property != "m_Sprite")
                throw new ArgumentException(property);
            return new EditorCurveBinding();
        }
    }
    public static class AnimationUtility
    {
        public static void SetObjectReferenceCurve(
            AnimationClip clip, EditorCurveBinding binding, ObjectReferenceKeyframe[] keys)
        { clip.keys = keys; }
        public static AnimationClipSettings GetAnimationClipSettings(AnimationClip clip) { return clip.settings; }
        public static void SetAnimationClipSettings(AnimationClip clip, AnimationClipSettings settings)
        { clip.settings = settings; }
    }
    public enum ImportAssetOptions { Default, ForceSynchronousImport }
    public static class AssetDatabase
    {
        public static readonly Dictionary<string, UnityEngine.Object> made =
            new Dictionary<string, UnityEngine.Object>();
        public static UnityEngine.Object[] sprites = new UnityEngine.Object[0];
        public static T LoadAssetAtPath<T>(string path) where T : UnityEngine.Object
        { return made.ContainsKey(path) ? (T)made[path] : null; }
        public static UnityEngine.Object[] LoadAllAssetsAtPath(string path) { return sprites; }
        public static void CreateAsset(UnityEngine.Object asset, string path) { made.Add(path, asset); }
        public static void Refresh() { Console.WriteLine("refresh"); }
        public static void Refresh(ImportAssetOptions options) { Console.WriteLine("refresh " + options); }
    }
    public static class EditorUtility
    {
        public static int dirty;
        public static void SetDirty(UnityEngine.Object asset) { dirty++; }
    }
    public static class EditorPrefs
    {
        public static string command;
        public static string GetString(string key, string fallback) { return command ?? fallback; }
    }
    public class MenuItem : Attribute { public MenuItem(string path) { } }
}

namespace UnityEditor.U2D.Sprites
{
    using UnityEngine;

    public class SpriteRect
    {
        public string name { get; set; }
        public GUID spriteID { get; set; }
        public Rect rect { get; set; }
        public SpriteAlignment alignment { get; set; }
        public Vector2 pivot { get; set; }
    }
    public struct SpriteNameFileIdPair
    {
        public string name;
        public SpriteNameFileIdPair(string name, GUID id) { this.name = name; }
    }
    public interface ISpriteNameFileIdDataProvider
    {
        void SetNameFileIdPairs(IEnumerable<SpriteNameFileIdPair> pairs);
    }
    public interface ISpriteEditorDataProvider
    {
        void InitSpriteEditorDataProvider();
        SpriteRect[] GetSpriteRects();
        void SetSpriteRects(SpriteRect[] rects);
        T GetDataProvider<T>() where T : class;
        void Apply();
    }
    public class SpriteDataProviderFactories
    {
        public void Init() { }
        public ISpriteEditorDataProvider GetSpriteEditorDataProviderFromObject(UnityEngine.Object importer)
        { return new Provider((TextureImporter)importer); }
    }
    class Provider : ISpriteEditorDataProvider, ISpriteNameFileIdDataProvider
    {
        readonly TextureImporter importer;
        SpriteRect[] wanted;
        int pairs;
        public Provider(TextureImporter importer) { this.importer = importer; }
        public void InitSpriteEditorDataProvider() { }
        public SpriteRect[] GetSpriteRects() { return importer.rects; }
        public void SetSpriteRects(SpriteRect[] rects) { wanted = rects; }
        public T GetDataProvider<T>() where T : class { return this as T; }
        public void SetNameFileIdPairs(IEnumerable<SpriteNameFileIdPair> found) { pairs = found.Count(); }
        public void Apply()
        {
            if (pairs != wanted.Length) throw new InvalidOperationException("names without ids");
            importer.rects = wanted;
        }
    }
}

namespace UnityEditor.Build
{
    public class BuildFailedException : Exception { public BuildFailedException(string said) : base(said) { } }
    public interface IPreprocessBuildWithReport
    {
        int callbackOrder { get; }
        void OnPreprocessBuild(UnityEditor.Build.Reporting.BuildReport report);
    }
}

namespace UnityEditor.Build.Reporting
{
    public class BuildReport { }
}
