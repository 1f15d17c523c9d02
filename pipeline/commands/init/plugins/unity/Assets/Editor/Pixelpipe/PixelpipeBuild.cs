// pixelpipe plugin version 2
using System.Diagnostics;
using System.IO;
using UnityEditor;
using UnityEditor.Build;
using UnityEditor.Build.Reporting;
using UnityEngine;

namespace Pixelpipe
{
    /// Checks animations before a player is built, and builds them from the Tools menu.
    public class PixelpipeBuild : IPreprocessBuildWithReport
    {
        /// EditorPrefs key: the program, when it is not on the PATH.
        public const string CommandKey = "Pixelpipe.Command";

        public int callbackOrder { get { return -100; } }

        /// A player is built from what is bought: `--frozen` never spends.
        public void OnPreprocessBuild(BuildReport report)
        {
            if (!File.Exists(Path.Combine(Root(), "pixelpipe.yaml"))) return;
            string said;
            int code = Run("build --frozen", out said);
            if (code != 0)
                throw new BuildFailedException("pixelpipe build --frozen ended with " + code + ". " + said);
            AssetDatabase.Refresh(ImportAssetOptions.ForceSynchronousImport);
        }

        [MenuItem("Tools/pixelpipe/Build animations")]
        public static void Build()
        {
            string said;
            int code = Run("build", out said);
            if (code == 0) UnityEngine.Debug.Log("pixelpipe: " + said);
            else UnityEngine.Debug.LogWarning("pixelpipe ended with " + code + ". " + said);
            AssetDatabase.Refresh();
        }

        static string Root() { return Path.GetDirectoryName(Application.dataPath); }

        /// Runs the program in the project's folder; returns its exit code, or -1 when it is not found.
        static int Run(string arguments, out string said)
        {
            var start = new ProcessStartInfo
            {
                FileName = EditorPrefs.GetString(CommandKey, "pixelpipe"),
                Arguments = arguments, WorkingDirectory = Root(), UseShellExecute = false,
                RedirectStandardOutput = true, RedirectStandardError = true, CreateNoWindow = true
            };
            try
            {
                using (Process process = Process.Start(start))
                {
                    // Both pipes are drained at once: a full one would stop the program for ever.
                    var errors = new StringWriter();
                    process.ErrorDataReceived += (_, line) => errors.WriteLine(line.Data);
                    process.BeginErrorReadLine();
                    string output = process.StandardOutput.ReadToEnd();
                    process.WaitForExit();
                    said = (output + errors).Trim();
                    return process.ExitCode;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                said = "The program was not found: install it (pip install pixelpipe), or set "
                    + "EditorPrefs " + CommandKey + " to its path.";
                return -1;
            }
        }
    }
}
