// Written by scripts/make-example-keys.ts.

export interface ExampleKey {
  readonly name: string;
  /** 64 hex digits. */
  readonly publicKey: string;
  /** SHA-256 of the committed `.cskey` file, 64 hex digits. */
  readonly fileSha256: string;
}

/** The keys of `keys.example/`, whose private halves everybody has. */
export const exampleKeys: readonly ExampleKey[] = [
  {
    name: 'root-1',
    publicKey: '71542b8012b21ad82d7a0d4db1c3bd2beab1383ae647191a39fd0187f204bac3',
    fileSha256: '94fa6ad5d15aa3e35348be9e7726fcdb7ecea02037482808a80cf5a9fce67d63',
  },
  {
    name: 'executor',
    publicKey: '7250401f13b657a4c27a07c8b73839ffe0f1ca6226dcb43f66876d2130b7a078',
    fileSha256: 'c499c4090e6c68e508bed7bd77adf90f1b40397fafd0a30b22dd794f83f9a85d',
  },
  {
    name: 'olivia',
    publicKey: '3cdfba8708e636d6cb53a8d92464cf1c95c7a2526b82a46d0504a904b258ff98',
    fileSha256: '7a4639e54be6c6d8abcd918ef7c134ec5a77a995e8b75b5a95fcb01d196199b1',
  },
  {
    name: 'ada',
    publicKey: '1a182961e0810cbc75ba99b4f72f97e4a9b7cfda2d5c390b0bdba63cb0910ebf',
    fileSha256: '5424128dcdfce97944085f4a379ced137d3ff974ad4c3dc87d37d48dc0f6eaa8',
  },
  {
    name: 'ben',
    publicKey: 'eb6dcdc015383528f68052223cc4c9e5464cca2d5bc80fa744b5254c5bd42947',
    fileSha256: 'bdde04698eefe14fb25c75f89c57f8ab16c98f890c76e7b72185a9020af1b79d',
  },
  {
    name: 'carol',
    publicKey: '0b30824363f0e8d6f5de33bff1ec185e10d4190645f1a3b6bd64e062fb0a7988',
    fileSha256: '28f5469eed3911f51a8fce2f81f280ab59db758cb399817973c16efa244ea396',
  },
  {
    name: 'agent-7',
    publicKey: '7a729c7bb39bde5191b32c150e8d22f3111174017f45229e113c3a547212180b',
    fileSha256: '560d69e0630a97ad577fa81ff6ae8237832f06410e8036ae49153cabf6b1ae32',
  },
  {
    name: 'ci',
    publicKey: 'c2e818f9d0739b6c2260572e781af90b36f65969ca224972590ff06fc2ca0b61',
    fileSha256: '6d7f538a50b9968315ed5fdd1aa3d536ff233b7c9c7ba39534617fb443d21d81',
  },
];
