//! `LoraConfig` (`peft/tuners/lora/config.py`, PEFT 0.21).

use super::Ranks;
use crate::ModelError;
use crate::json::JsonObject;

/// What LoRA has beyond targets and saved modules.
#[derive(Debug)]
pub(in crate::lora) struct LoraSettings {
    pub(in crate::lora) ranks: Ranks,
    pub(in crate::lora) use_dora: bool,
    pub(in crate::lora) lora_bias: bool,
}

impl LoraSettings {
    pub(super) fn take(object: &mut JsonObject) -> Result<Self, ModelError> {
        for (key, harmless) in REFUSED {
            object.refuse_unless(key, |value| harmless.contains(&value.to_string().as_str()))?;
        }
        let settings = Self {
            ranks: Ranks::take(object)?,
            use_dora: object.take_bool("use_dora")?.unwrap_or(false),
            lora_bias: object.take_bool("lora_bias")?.unwrap_or(false),
        };
        if settings.use_dora && settings.lora_bias {
            return Err(object.invalid("lora_bias", "false beside `use_dora`, as PEFT has it"));
        }
        object.ignore(WITHOUT_EFFECT);
        Ok(settings)
    }
}

/// Keys of variants that change what an adapter computes, with the values that switch them off.
const REFUSED: &[(&str, &[&str])] = &[
    ("alora_invocation_tokens", &["[]"]),
    ("arrow_config", &[]),
    ("corda_config", &[]),
    // An embedding tied to a saved head would have to be replaced with it.
    ("ensure_weight_tying", &["false"]),
    ("eva_config", &[]),
    // Values such as pissa, olora or loftq train against a changed base. These three only say how
    // training began.
    ("init_lora_weights", &["true", "false", "\"gaussian\""]),
    ("kasa_config", &[]),
    ("layer_replication", &["[]"]),
    ("loftq_config", &["{}"]),
    ("lora_ga_config", &[]),
    ("megatron_config", &[]),
    ("monteclora_config", &[]),
    ("target_parameters", &["[]"]),
    ("trainable_token_indices", &["[]", "{}"]),
    ("use_bdlora", &["false"]),
    ("use_qalora", &["false"]),
    ("velora_config", &[]),
];

/// Keys that PEFT does not read when it runs an adapter without the variants above.
const WITHOUT_EFFECT: &[&str] = &[
    "lora_dropout",
    // Only with `megatron_config`.
    "megatron_core",
    // Only with `use_qalora`.
    "qalora_group_size",
    // Older versions write it; it moves work between devices.
    "runtime_config",
];
